"""Golden jobs as scripts read them that write what the jobs must give."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def read(name):
    """The sections of a job, in order: [[name, text]]."""
    sections = [["", ""]]
    for line in (HERE / name).read_text().splitlines(keepends=True):
        if line.startswith("--- "):
            sections.append([line[4:].strip(), ""])
        else:
            sections[-1][1] += line
    return sections


def write_tables(name, sections, tables):
    """Puts the rows of `tables`, by sink, into the table sections of a job. With --check nothing is
    written, and the program ends with 1 if the job has other rows."""
    text = ""
    for i, (section, body) in enumerate(sections):
        if section.startswith("table "):
            lines = sorted(json.dumps(row, separators=(",", ":"), ensure_ascii=False)
                           for row in tables[section[len("table "):]])
            body = "".join(line + "\n" for line in lines)
        text += (f"--- {section}\n" if i else "") + body
    if "--check" not in sys.argv[1:]:
        (HERE / name).write_text(text)
    elif text != (HERE / name).read_text():
        sys.exit(f"{name} has other rows than this script computes")
