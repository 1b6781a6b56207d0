"""Writes the report of a study: one self-contained page, and its figures as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ...core.formats.output_folder import output_folder
from ...core.reporting.report import POLICY
from ...core.reporting.report_html import research_use
from ...core.reporting.report_style import STYLE
from ...core.reporting.report_tables import provenance_table
from ...core.version import VERSION
from ..records import CaseTruth, ConsensusFigures, ReadRecord
from ..statistics.analysis import StudyAnalysis, analyse
from ..statistics.study_reads import AnalysisSettings
from .accuracy_table import accuracy_section, consensus_section
from .agreement_charts import chart_section
from .paper_table import PaperRow, paper_rows, paper_section
from .reader_strips import StripSlice, strip_section
from .score_files import analysis_csv, analysis_json, imrmc_csv
from .statistic_tables import statistic_sections

SIMULATED = (
    "SIMULATED READERS. No person read these cases: the readers are computer models with known errors. The figures "
    "show that the analysis works, and say nothing about radiologists."
)
SHOWN_ELSEWHERE = ("title", "simulated", "known_truth")
EXTRA_STYLE = (
    "details{margin:8px 0}summary{cursor:pointer;color:var(--accent);font-size:.9rem}"
    ".research+.research.small{margin-top:8px}"
    ".methods{font-size:.82rem;margin:12px 0 0}"
)


def write_report(
    folder: str | Path,
    study: Mapping[str, Any],
    records: Iterable[ReadRecord],
    truths: Iterable[CaseTruth],
    strips: Sequence[StripSlice] | None = None,
    settings: AnalysisSettings | None = None,
    consensus: Iterable[ConsensusFigures] = (),
) -> StudyAnalysis:
    """Write ``report.html``, ``analysis.json``, ``analysis.csv`` and ``imrmc.csv``, all of them or none.

    Args:
        folder: Where to; made if missing, files of these names are replaced.
        study: Provenance, shown as it is, nested ones unfolded: software, model and its SHA-256, seeds, SHA-256 of the
            database. Three keys are read: ``title``; ``simulated`` (true marks the whole report); ``known_truth``, the
            true values of simulated readers by name (`simulated_readers.KnownErrors.known_truth`).
        records: The reads, newest version of each.
        truths: Truth and network of the cases.
        strips: Slices with what was drawn on them.
        settings: Confidence, seed, margins.
        consensus: Everyone against the consensus of the readers, where it was estimated.

    Returns:
        The analysis that the report shows.

    Raises:
        InputRefused: The folder cannot be written.
    """
    analysis = analyse(records, truths, settings, consensus)
    simulated = bool(study.get("simulated"))
    paper = paper_rows(analysis)
    with output_folder(folder) as work:
        for name, text in (
            ("report.html", _page(analysis, paper, study, strips or (), simulated)),
            ("analysis.json", analysis_json(analysis, paper, study, simulated)),
            ("analysis.csv", analysis_csv(analysis, simulated)),
            ("imrmc.csv", imrmc_csv(analysis)),
        ):
            (work / name).write_text(text, encoding="utf-8")
    return analysis


def _page(
    analysis: StudyAnalysis,
    paper: list[PaperRow],
    study: Mapping[str, Any],
    strips: Sequence[StripSlice],
    simulated: bool,
) -> str:
    title = str(study.get("title") or "Observer study")
    mark = f'<p class="research" role="note">{escape(SIMULATED)}</p>' if simulated else ""
    facts = {key: value for key, value in study.items() if key not in SHOWN_ELSEWHERE}
    body = "".join(
        (
            _tiles(analysis),
            paper_section(paper, simulated, len(analysis.reads.without_network())),
            chart_section(analysis),
            strip_section(strips, simulated),
            accuracy_section(analysis),
            consensus_section(analysis),
            statistic_sections(analysis, study.get("known_truth") or {}),
            provenance_table(
                {"software": f"SyntheticCECT {VERSION}", **facts, "analysis": vars(analysis.reads.settings)}
            ),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)} · observer study</title><style>{STYLE}{EXTRA_STYLE}</style></head><body>"
        f"<header>{mark}{research_use(small=bool(mark))}<h1>{escape(title)}</h1>"
        f'<p class="sub">Observer study: readers, network and truth · SyntheticCECT {escape(VERSION)}</p></header>'
        f"<main>{body}</main><footer>{research_use(small=True)}</footer></body></html>\n"
    )


def _tiles(analysis: StudyAnalysis) -> str:
    records = analysis.reads.records
    counts = (
        ("Readers", len({record.reader for record in records}), "who gave at least one read"),
        ("Cases", len({record.case_id for record in records}), "read at least once"),
        ("Reads", len(records), f"in {len(analysis.reads.conditions)} condition(s)"),
        ("Hidden repeats", sum(record.repeat > 0 for record in records), "for intra-observer variability"),
    )
    tiles = "".join(
        f'<div class="tile"><div class="name">{name}</div><div class="number">{count}</div>'
        f'<div class="below">{below}</div></div>'
        for name, count, below in counts
    )
    return f'<div class="tiles">{tiles}</div>'
