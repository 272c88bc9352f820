"""What type a file is of."""

from __future__ import annotations

from pathlib import Path

from .table import TableError

SUFFIXES = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".feather": "Arrow",
    ".arrow": "Arrow",
    ".arrows": "Arrow",
    ".ipc": "Arrow",
    ".npz": "NPZ",
}
COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_MAGIC = ((b"PAR1", "Parquet"), (b"ARROW1", "Arrow"))
_SUPPORTED = "Parquet (.parquet), CSV (.csv, .tsv), Arrow/Feather (.arrow, .feather) and NPZ (.npz) are read"


def format_of(path: Path) -> str:
    """Tell by the suffix of a file, or by its first bytes; refuse what cannot be read here."""
    if not path.exists():
        raise TableError(f"there is no file {path}")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise TableError(f"cannot open {path}: {error.strerror or error}") from None
    if not head:
        raise TableError(f"{path} is empty (0 bytes)")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in COMPRESSED and SUFFIXES.get(suffixes[-2]) == "CSV":
        return "CSV"
    form = SUFFIXES.get(suffixes[-1]) if suffixes else None
    form = form or next((form for magic, form in _MAGIC if head.startswith(magic)), None)
    if form is None:
        raise TableError(f"cannot tell the type of {path} from its name; {_SUPPORTED}")
    if form != "NPZ":
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise TableError(
                f"reading {form} needs pyarrow: pip install 'trueval[cli]' (NPZ files need NumPy alone)"
            ) from None
    return form
