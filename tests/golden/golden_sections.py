"""Golden jobs as scripts read them that write what the jobs must give."""
import pathlib

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
