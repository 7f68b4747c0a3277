"""Names of clips, as HMDB-51 writes them."""


def clip_name(source: str, label: str, index: int = 0) -> str:
    return f"{source}_{label}_f_cm_np1_fr_med_{index}.avi"


def film(number: int) -> str:
    """The clip of one of six films that wave."""
    return clip_name(f"film{number}", "wave")
