"""``study analyse``: everything that is said about a study, from its reads to its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.case import OnProgress, part_of
from ..study.consensus_reference import consensus_figures
from ..study.demo_study import known_truth
from ..study.read_records import unblind
from ..study.report.study_report import SIMULATED, write_report
from ..study.strip_source import study_strips
from ..study.study_folder import StudyFolder

REPORT = "report.html"


def analyse(
    study: StudyFolder, output: Path, key_folder: Path | None, progress: OnProgress
) -> tuple[dict[str, Any], list[str]]:
    """Unblind a study, compute its statistics and write the report.

    Returns:
        What is printed as JSON, and as lines.
    """
    found = unblind(study, key_folder, part_of(progress, 0.0, 0.5))
    consensus = consensus_figures(study, found.key, key_folder, part_of(progress, 0.5, 0.6))
    progress(0.6, "choosing pictures")
    strips = study_strips(study, found.key, key_folder)
    plan, told = found.key.plan, dict(found.key.provenance)
    known = told.pop("known_errors", None)
    facts = {
        "title": plan.name,
        "study": found.key.study_id,
        "reads_sha256": found.fingerprint,
        "design": plan.as_dict(),
        **told,
        **(
            {"known_errors_ml": known, "known_truth": known_truth(found.key.provenance, found.truths)}
            if known
            else {}
        ),
    }
    progress(0.7, "computing the statistics")
    write_report(output, facts, found.records, found.truths, strips, consensus=consensus)
    progress(1.0, "analysed")
    readers = sorted({record.reader for record in found.records})
    content = {
        "study_id": found.key.study_id,
        "simulated": bool(told.get("simulated")),
        "reads": len(found.records),
        "cases": len({record.case_id for record in found.records}),
        "readers": readers,
        "reads_sha256": found.fingerprint,
        "report": str(output / REPORT),
    }
    lines = [
        f"{'Readers, cases, reads':<26} {len(readers)}, {content['cases']}, {content['reads']}",
        *([SIMULATED] if content["simulated"] else []),
        f"{'Report':<26} {output / REPORT}",
    ]
    return content, lines
