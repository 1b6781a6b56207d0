"""Takes in files from the browser: streamed to the session's folder, limited in size, number and type.

A file keeps nothing of its name but the ending: names of files are often names of patients.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from aiohttp import web

from ...core.errors import InputRefused
from ...core.formats.volume_file import container_of
from .zip_check import refuse_bad_zip

ROUTE = "/upload"
ENDINGS = (".seg.nrrd", ".nii.gz", ".nrrd", ".nii", ".mha", ".zip", ".dcm", ".dicom", ".ima", "")
MOST_BYTES = 2 << 30
MOST_FILES = 5000
_KINDS = (
    "Send a NRRD (.nrrd), NIfTI (.nii, .nii.gz) or MetaImage (.mha) file, DICOM slices, or a zip of them."
)


class Uploads:
    """What one session was sent.

    Args:
        folder: The session's own.
        most_bytes: Of all files together.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._bytes = 0

    def add_route(self, app: web.Application) -> None:
        """Answers ``POST /upload?ending=.nrrd[&into=ID]`` whose body is one file, with ``{"into": ID}``."""
        app.router.add_post(ROUTE, self._receive)

    def path_of(self, upload_id: str) -> Path:
        """What to open: the file, or the folder where several were sent.

        Raises:
            InputRefused: ``no_upload``.
        """
        folder = self._folder / f"upload-{_id(upload_id)}"
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        if not files:
            raise InputRefused("no_upload", "Nothing was sent.", "Choose a file again.")
        return files[0] if len(files) == 1 else folder

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            ending = _ending(request.query.get("ending", ""))
            upload_id = _id(request.query.get("into") or uuid.uuid4().hex)
            await self._store(request, upload_id, ending)
        except InputRefused as refusal:
            answer = {"error": refusal.message, "remedy": refusal.remedy, "code": refusal.code}
            return web.json_response(answer, status=413 if refusal.code == "too_large" else 415)
        return web.json_response({"into": upload_id})

    async def _store(self, request: web.Request, upload_id: str, ending: str) -> None:
        folder = self._folder / f"upload-{upload_id}"
        folder.mkdir(mode=0o700, exist_ok=True)
        number = sum(1 for _ in folder.iterdir())
        if number >= MOST_FILES:
            raise InputRefused("too_large", f"More than {MOST_FILES} files.", "Send the series as one zip.")
        file, taken = folder / f"scan-{number:05d}{ending}", 0
        try:
            with file.open("wb") as sink:
                async for block in request.content.iter_chunked(1 << 20):
                    taken += len(block)
                    self._bytes += len(block)
                    if self._bytes > self._most_bytes:
                        raise InputRefused(
                            "too_large",
                            f"This session was sent more than {self._most_bytes / 2**20:.0f} MB.",
                            "Crop the scan to the heart, or start the reading room with a larger --most-upload-mb.",
                        )
                    sink.write(block)
            _refuse_content(file)
        except BaseException:
            self._bytes -= taken
            file.unlink(missing_ok=True)
            raise


def _ending(text: str) -> str:
    ending = text.lower()
    if ending not in ENDINGS:
        raise InputRefused("unknown_format", f"Files that end in '{ending[:12]}' are not scans.", _KINDS)
    return ending


def _id(text: str) -> str:
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
        raise InputRefused("no_upload", "There is no such upload.", "Choose the file again.")
    return text


def _refuse_content(file: Path) -> None:
    """What it is, is read from the bytes; the ending is only what somebody says."""
    container = container_of(file)
    if container is None:
        raise InputRefused("unknown_format", "The file is no scan in a format that is known here.", _KINDS)
    if container == "zip":
        refuse_bad_zip(file)
