"""The page where a visitor opens a reading room."""

from __future__ import annotations

from html import escape

from ...core.version import RESEARCH_USE
from ..theme import ICON

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#0d1114;color:#e6edf2;margin:0;padding:14vh 24px;text-align:center}
h1{font-size:2.2rem;font-weight:500;margin:0 0 6px}p{color:#a9b6c1;max-width:56ch;margin:0 auto 22px}
button{font:inherit;background:#5cb8d6;color:#0d1114;border:0;border-radius:6px;padding:10px 24px;cursor:pointer}
button:disabled{opacity:.5;cursor:default}.use{color:#ffc107;font-size:.85rem}
"""
_SCRIPT = """
const button = document.querySelector("button"), said = document.querySelector("[role=status]");
button.addEventListener("click", async () => {
  button.disabled = true;
  said.textContent = "Opening your reading room …";
  try {
    const answer = await fetch("room", { method: "POST" }), found = await answer.json();
    if (!answer.ok) throw found;
    location.href = found.address;
  } catch (error) {
    const lost = { error: "The reading rooms cannot be reached.", remedy: "Try again." };
    const { error: what, remedy } = error.remedy ? error : lost;
    said.textContent = `${what} ${remedy}`;
    button.disabled = false;
  }
});
"""


def lobby_page(free: int, most: int, idle_minutes: float) -> str:
    """HTML.

    Args:
        free: How many rooms can be opened now.
        most: How many there are.
        idle_minutes: A room ends when it was left for so long.
    """
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Reading rooms</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="{ICON}"><style>{_STYLE}</style></head>'
        "<body><h1>Reading rooms</h1>"
        "<p>You get a room of your own: nobody else sees what you open in it. It ends, and forgets everything, "
        f"{idle_minutes:g} minutes after you closed its last window.</p>"
        '<p><button data-action="open-room">Open my reading room</button></p>'
        f'<p role="status">{free} of {most} rooms are free.</p><p class="use">{escape(RESEARCH_USE)}</p>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )
