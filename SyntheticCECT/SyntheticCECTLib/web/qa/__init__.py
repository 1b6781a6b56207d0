"""Visual quality assurance: a folder of results as a work list with verdicts, edits and a contact sheet."""
