"""`outcomes map`: a first draft of a mapping for a layout that nobody has described yet.

What belongs here: guessing how a file is to be read, what its columns are, and writing that as a
mapping which a person finishes. No client's value is ever told: `column_facts` has the rule.

    file_shape    encoding, delimiter, header -> a part of a mapping without columns
    column_facts  what the values of each column look like, without the values
    guess         which canonical column each column is, and how sure that is
    tables        the guesses of a file -> tables and questionnaires of the mapping
    draft         files or a folder -> the draft's YAML, and what to tell about it
"""
