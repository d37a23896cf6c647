"""Small real files of each accepted type, made here so that no binary lies in the tree."""

import io
import zipfile


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, b"<x/>" * 20)
    return buffer.getvalue()


SAMPLES = {
    "pdf": b"%PDF-1.7\n%%EOF\n",
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "jpeg": b"\xff\xd8\xff\xe1\0\x10Exif",
    "mp3": b"ID3\x04\0\0\0\0\0\0",
    "m4a": b"\0\0\0\x20ftypM4A \0\0\0\0",
    "mp4": b"\0\0\0\x20ftypisom\0\0\0\0",
    "zip": zipped("handout/one.txt"),
    "docx": zipped("[Content_Types].xml", "word/document.xml"),
    "xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "pptx": zipped("[Content_Types].xml", "ppt/presentation.xml"),
    "epub": zipped("META-INF/container.xml", first=("mimetype", b"application/epub+zip")),
    "txt": "Grüße\n".encode(),
    "csv": b"name;hours\nAnn;3\n",
}
