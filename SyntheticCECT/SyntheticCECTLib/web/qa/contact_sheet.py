"""The work list as one page that carries its pictures itself."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ...core.version import RESEARCH_USE, VERSION
from .verdict import REASONS
from .work_list import Entry, WorkList

_STYLE = """
body{font:14px/1.4 system-ui,sans-serif;margin:24px;color:#17202a;background:#fff}
h1{font-size:1.4rem;margin:0 0 4px}.note{background:#fff4d6;border-left:5px solid #e8c25a;padding:8px 12px;margin:12px 0}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:14px}
figure{margin:0;border:1px solid #ccd4db;border-top:6px solid #9aa8b5;border-radius:6px;padding:8px;break-inside:avoid}
figure.pass{border-top-color:#2e9e63}figure.fix{border-top-color:#e0a400}figure.fail{border-top-color:#c0392b}
img{width:100%;display:block;background:#000;border-radius:4px}
b{display:block;margin-top:6px;overflow-wrap:anywhere}small{display:block;color:#5a6875}
"""


def contact_sheet(work: WorkList, pictures: Mapping[str, str], title: str = "Quality assurance") -> str:
    """HTML of all results.

    Args:
        work: The list.
        pictures: Data URIs by result; a result without one is shown without.
        title: Heading.
    """
    figures = "".join(_figure(work, entry, pictures.get(entry.name, "")) for entry in work.entries)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1><p>{work.done()} of {len(work.entries)} looked at · SyntheticCECT {VERSION}</p>"
        f'<p class="note">{escape(RESEARCH_USE)}</p><main>{figures}</main></body></html>\n'
    )


def _figure(work: WorkList, entry: Entry, picture: str) -> str:
    said = work.verdict(entry.name)
    volumes = ", ".join(
        f"{key.upper()} {'no value' if ml is None else f'{ml:.0f} mL'}"
        for key, ml in entry.volumes_ml.items()
    )
    reasons = [REASONS[key] for key in said.reasons if key in REASONS]
    lines = [
        volumes,
        *reasons,
        said.text,
        *entry.reasons,
        *entry.warnings,
        said.edited and f"edited: {said.edited}",
    ]
    image = f'<img src="{picture}" alt="Slice of {escape(entry.name)}">' if picture else ""
    below = "".join(f"<small>{escape(line)}</small>" for line in lines if line)
    return (
        f'<figure class="{said.verdict or "open"}">{image}<b>{escape(entry.name)}: {said.verdict or "not looked at"}</b>'
        f"{below}</figure>"
    )
