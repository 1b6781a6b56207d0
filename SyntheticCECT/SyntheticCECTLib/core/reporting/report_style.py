"""The look of a report page: sober, light or dark as the reader's system is set, fit for paper."""

from .picture import BOTH_COLOUR, EXTRA_COLOUR, HEART_COLOUR, LA_COLOUR, LV_COLOUR, MISSED_COLOUR, Colour


def css_colour(colour: Colour) -> str:
    """An RGB triple as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


_COLOURS = {
    "la": LA_COLOUR,
    "lv": LV_COLOUR,
    "heart": HEART_COLOUR,
    "both": BOTH_COLOUR,
    "missed": MISSED_COLOUR,
    "extra": EXTRA_COLOUR,
}

STYLE = (
    ":root{" + "".join(f"--{name}:{css_colour(colour)};" for name, colour in _COLOURS.items()) + "}"
    """
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#17202a;--soft:#5a6875;--line:#dde3e9;
--warn-bg:#fff4d6;--warn-ink:#5f4300;--warn-line:#e8c25a;--la-ink:#1668c7;--lv-ink:#c4451a;
--accent:#1f6f8b}
@media (prefers-color-scheme:dark){:root{--page:#11161b;--card:#1a2129;--ink:#e7ecf1;--soft:#9aa8b5;
--line:#2d3843;
--warn-bg:#352a0c;--warn-ink:#ffe2a0;--warn-line:#8a6a1d;--la-ink:#7dbaff;--lv-ink:#ff9470;
--accent:#6cc0dc}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.5;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",
sans-serif}
main,header,footer{max-width:1280px;margin:0 auto;padding:0 24px}
h1{font-size:1.7rem;line-height:1.25;margin:20px 0 2px;font-weight:650;letter-spacing:-.01em;
overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 4px;font-weight:640}
p{margin:0 0 10px}
.sub,.lead{color:var(--soft)}
.lead{max-width:96ch;font-size:.94rem;margin-bottom:16px}
.research{background:var(--warn-bg);color:var(--warn-ink);border:1px solid var(--warn-line);
border-left-width:5px;
border-radius:8px;padding:11px 16px;margin:18px 0 0;font-weight:600}
.research.small{font-size:.86rem;padding:6px 12px;margin:0 0 14px;font-weight:500}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;
margin:18px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin:18px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px;
min-width:0}
.tile.la{border-top:4px solid var(--la)}.tile.lv{border-top:4px solid var(--lv)}
.tile .name{color:var(--soft);font-size:.88rem}
.tile .number{font-size:2.35rem;font-weight:660;line-height:1.15;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.tile.la .number{color:var(--la-ink)}.tile.lv .number{color:var(--lv-ink)}
.tile .number small{font-size:1rem;font-weight:500;color:var(--soft);letter-spacing:0;margin-left:5px}
.tile .number.none{font-size:1.5rem;color:var(--ink)!important}
.tile .below{color:var(--soft);font-size:.84rem}
.notices{list-style:none;margin:0;padding:0}
.notices li{border-left:4px solid var(--warn-line);background:var(--warn-bg);color:var(--warn-ink);
border-radius:6px;padding:8px 14px;margin:8px 0}
.notices code{float:right;font-size:.76rem;opacity:.75;margin-left:12px}
.shots{display:grid;gap:8px;margin:0 0 8px}
.shots.three{grid-template-columns:repeat(3,minmax(0,1fr))}
.shots.four{grid-template-columns:repeat(4,minmax(0,1fr))}
.shots.field{gap:14px;align-items:start}
.shots .head{font-size:.86rem;font-weight:600;align-self:end}
.shots .head small{display:block;font-weight:400;color:var(--soft)}
figure{margin:0;min-width:0}
img{display:block;width:100%;height:auto;background:#000;border-radius:5px}
figcaption{font-size:.84rem;color:var(--soft);padding-top:4px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.86rem;color:var(--soft);margin:6px 0 12px}
.legend span{display:inline-flex;align-items:center;gap:7px}
.legend i{width:15px;height:15px;border-radius:3px;display:inline-block;border:1px solid rgba(128,128,128,
.4)}
.legend i.ring{background:none!important;border:2px solid var(--heart)}
.ramp{height:12px;flex:0 0 190px;border-radius:3px;border:1px solid var(--line);
background:linear-gradient(90deg,rgb(33,102,172),rgb(247,247,247),rgb(178,24,43))}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:26px}
.chart{width:100%;max-width:640px;height:auto;display:block}
.chart text{font-size:12px;fill:var(--soft);font-family:inherit}
.chart .axis-title{font-size:12.5px}.chart .note{font-size:12px;paint-order:stroke;stroke:var(--card);
stroke-width:4px}
.chart .strong{fill:var(--ink);font-weight:600}
.chart line{stroke:var(--line)}.chart .axis{stroke:var(--soft)}.chart .faint{opacity:.5}
.chart .mark{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 4}
.chart .level{stroke:var(--soft);stroke-dasharray:2 4}
.chart .curve{fill:none;stroke-width:2.4;stroke-linejoin:round}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.82rem}
tbody th{font-weight:550}
td.value{font-weight:640;font-variant-numeric:tabular-nums;white-space:nowrap}
td small,th small{display:block;color:var(--soft);font-weight:400;font-size:.82rem}
.group th{padding-top:16px;color:var(--accent);font-weight:640}
table.facts th{width:17rem;color:var(--soft);font-weight:500}
table.facts td{overflow-wrap:anywhere}
.bar{display:inline-block;height:9px;border-radius:3px;background:var(--accent);margin-right:8px;
vertical-align:middle;opacity:.75}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
footer{color:var(--soft);font-size:.85rem;padding-bottom:36px}
@media screen and (max-width:760px){main,header,footer{padding:0 12px}section{padding:14px 12px;
border-radius:8px}
.shots{gap:3px}.shots .head{font-size:.72rem}.shots.field{grid-template-columns:1fr}.notices code{
float:none;display:block;margin:0}
.tile .number{font-size:1.9rem}}
@media print{:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;
--warn-bg:#fff4d6;
--warn-ink:#5f4300;--la-ink:#1668c7;--lv-ink:#c4451a;--accent:#1f6f8b}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:11px}
main,header,footer{max-width:none;padding:0}section{padding:10px 0;border:0;border-top:1px solid #ccc;
border-radius:0;margin:8px 0}
.shots,figure,.tile,tr,.lead,.legend,.charts>div,.notices li{break-inside:avoid}h2,.lead,.legend{
break-after:avoid}
.tiles{grid-template-columns:repeat(4,1fr)}.charts{grid-template-columns:1fr 1fr}}
"""
)
