"""Which PyTorch is installed, told without importing it: that takes seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class TorchBuild:
    """An installed PyTorch.

    Attributes:
        version: Such as ``2.10.0+cpu``.
        cuda: Such as ``12.8``; ``None`` for a build without CUDA.
    """

    version: str
    cuda: str | None

    def text(self) -> str:
        """For people."""
        return (
            f"PyTorch {self.version}, {f'with CUDA {self.cuda}' if self.cuda else 'for the processor only'}"
        )


def torch_build() -> TorchBuild | None:
    """The PyTorch of this Python; ``None`` where there is none."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    return read_version(text)


def read_version(text: str) -> TorchBuild | None:
    """From the text of PyTorch's own ``version.py``."""
    version = re.search(r"^__version__\s*=\s*['\"]([^'\"]+)", text, re.MULTILINE)
    cuda = re.search(r"^cuda\b[^=\n]*=\s*['\"]([^'\"]+)", text, re.MULTILINE)
    return TorchBuild(version.group(1), cuda.group(1) if cuda else None) if version else None
