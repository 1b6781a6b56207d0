"""The look of the room: dark and quiet, so that the eye stays with the images."""

from __future__ import annotations

VUETIFY = {
    "theme": {
        "defaultTheme": "dark",
        "themes": {
            "dark": {
                "dark": True,
                "colors": {
                    "background": "#0d1114", "surface": "#151b20", "primary": "#5cb8d6", "error": "#ff8a75",
                    "success": "#5fcf94", "info": "#5cb8d6", "warning": "#ffc107",
                },
            }
        },
    }
}  # fmt: skip

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' "
    "rx='5' fill='%23151b20'/%3E%3Cpath d='M12 20S4 14 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 5-8 11-8 11Z' "
    "fill='%23ff7043'/%3E%3C/svg%3E"
)

STYLE = """
html{overflow:hidden!important;font-size:clamp(14px,0.45vw + 9px,20px)}
body{font-family:Roboto,system-ui,sans-serif}
.room-main{position:relative;height:100%;min-height:0;background:#000}
.room-main>*{height:100%}
.room-grid{display:grid;position:relative;gap:2px;height:100%;background:#262e35}
.layout-four{grid-template:"a c" 1fr "t s" 1fr/1fr 1fr}
.layout-primary{grid-template:"a c" 1fr "a s" 1fr "a t" 1fr/2fr 1fr}
.layout-side{grid-template:"a p" 1fr/1fr 1fr}
.layout-wipe{grid-template:"a" 1fr/1fr}
.layout-solid{grid-template:"t" 1fr/1fr}
.at-Axial{grid-area:a}.at-Coronal{grid-area:c}.at-Sagittal{grid-area:s}.at-ThreeD{grid-area:t}.at-Compared{grid-area:p}
.layout-wipe .at-Compared{grid-area:a}
.room-view{position:relative;min-width:0;min-height:0;overflow:hidden;background:#000}
.room-view>div{width:100%;height:100%}
.room-wipe{position:absolute;top:0;bottom:0;width:14px;margin-left:-7px;cursor:col-resize;touch-action:none;
background:linear-gradient(90deg,transparent 6px,#ffc107 6px,#ffc107 8px,transparent 8px)}
.room-wipe::after{content:"⇔";position:absolute;top:50%;left:-7px;width:28px;height:28px;line-height:28px;text-align:center;
border-radius:50%;background:#ffc107;color:#000;font-size:15px}
.room-caption{position:absolute;bottom:26px;left:8px;color:#cfd8df;font-size:.8rem;display:flex;align-items:center;gap:2px;
text-shadow:0 0 3px #000,0 0 3px #000;pointer-events:none}
.room-caption .v-btn{pointer-events:auto}
.v-toolbar .v-btn-group .v-btn{width:38px;min-width:38px}
.layout-wipe .at-Compared .room-caption{left:auto;right:6px}
.room-heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.room-slice-slider{position:absolute;left:8px;right:8px;bottom:0;opacity:.55}
.room-slice-slider:hover,.room-slice-slider:focus-within{opacity:1}
.room-drawer .v-navigation-drawer__content{overflow-y:auto}
.room-section{padding:12px 16px;border-bottom:1px solid #262e35}
.room-section h3{font-size:.78rem;letter-spacing:.06em;text-transform:uppercase;color:#93a3b0;font-weight:600;
margin:0 0 8px}
.room-section small{color:#93a3b0}
.room-section label{font-size:.85rem}
.room-choices{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:8px}
.room-choices .v-btn,.room-drawer .v-btn{text-transform:none;letter-spacing:0}
.room-checks{display:flex;flex-wrap:wrap;column-gap:10px}
.room-checks .v-input{flex:0 0 auto}
.room-row{display:flex;align-items:center;gap:10px;flex-wrap:wrap}
.room-grow{flex:1}
.room-volume{display:grid;grid-template-columns:14px 1fr auto;column-gap:8px;align-items:baseline;padding:2px 0}
.room-volume strong{font-size:1.25rem;font-variant-numeric:tabular-nums}
.room-volume small{grid-column:2/4}
.room-dot{width:11px;height:11px;border-radius:3px;display:inline-block}
.room-reason{color:#ffc107!important}
.room-chart{position:relative;height:110px;margin:8px 8px 0;background:#0d1114;border-radius:4px}
.room-chart svg{display:block;width:100%;height:110px}
.room-chart .bars{fill:#33414c}
.room-chart .scale{fill:#93a3b0;font-size:11px}
.room-chart-mark{position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:#fff}
.room-threshold{margin:0 0 4px}
.room-start{position:absolute;inset:0;z-index:3;overflow:auto;padding:5vh 24px 24px;text-align:center;background:#0d1114}
.room-start h1{font-size:2.2rem;font-weight:500;margin-bottom:6px}
.room-lead{color:#a9b6c1;max-width:62ch;margin:0 auto 28px}
.room-cards{display:flex;flex-wrap:wrap;gap:22px;justify-content:center;align-items:stretch}
.room-card{flex:0 1 400px;padding:26px;text-align:left}
.room-card h2{font-size:1.25rem;margin:8px 0 4px;font-weight:500}
.room-card p{color:#a9b6c1;min-height:3.2em}
.room-progress{position:absolute;left:50%;bottom:28px;transform:translateX(-50%);z-index:5;height:auto!important;
width:min(620px,80%);background:#1b2329;border:1px solid #33414c;border-radius:10px;padding:14px 18px}
.room-progress .room-row{margin-top:8px}
.room-research{color:#ffc107;font-size:.8rem;border:1px solid #7a6118;border-radius:12px;padding:1px 10px;white-space:nowrap}
.room-table{width:100%;border-collapse:collapse;font-size:.85rem}
.room-table td,.room-table th{padding:3px 6px 3px 0;text-align:left;vertical-align:top}
.room-table td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.room-help kbd{background:#262e35;border-radius:4px;padding:1px 7px;font-size:.85em}
.room-notice{font-size:.85rem;color:#cfd8df;margin:0 0 6px;border-left:3px solid #7a6118;padding-left:8px}
.room-good{color:#5fcf94}
.room-tools{display:flex;flex-wrap:wrap;gap:2px;margin-bottom:8px}
.room-strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:6px;margin-top:10px;max-height:32vh;
overflow-y:auto}
.room-thumb{position:relative;cursor:pointer;border:2px solid transparent;border-bottom:4px solid #33414c;border-radius:6px;
padding:2px;text-align:center;overflow:hidden}
.room-thumb img,.room-thumb-empty{width:100%;aspect-ratio:1;object-fit:cover;display:block;background:#000;border-radius:3px}
.room-thumb small{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:.7rem}
.room-thumb.said-pass{border-bottom-color:#5fcf94}.room-thumb.said-fix{border-bottom-color:#ffc107}
.room-thumb.said-fail{border-bottom-color:#ff8a75}
.room-thumb.chosen{border-color:#5cb8d6;background:#1d2a33}
.room-flag{position:absolute;top:4px;right:4px;background:#ffc107;color:#000;border-radius:50%;width:16px;height:16px;
line-height:16px;font-size:11px;font-weight:700}
.room-agreement svg{display:block;width:100%;margin:6px 0;background:#0d1114;border-radius:4px}
.room-agreement text{font-size:15px;fill:#93a3b0}.room-agreement line{stroke:#262e35}
.room-agreement .axis{stroke:#5a6875}
.room-agreement .curve{fill:none;stroke-width:1.6;stroke-dasharray:7 4}
.room-readers{max-width:860px;margin:0 auto}
.room-lost{position:fixed;inset:auto 0 0 0;z-index:9999;background:#ff8a75;color:#000;padding:14px 24px;text-align:center;
font-weight:600}
:focus-visible{outline:2px solid #5cb8d6;outline-offset:1px}
"""
