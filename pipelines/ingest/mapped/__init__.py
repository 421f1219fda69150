"""Files of any other layout become the canonical export, by a mapping that is data, not code.

What belongs here: reading a mapping, a vendor's text files and workbooks, and carrying the mapping
out. Whether a row is good is not decided here: what cannot be translated is written as it came, so
that the contract turns it away with its reason and the vendor's line.

    mapping_file  YAML -> its problems, or a mapping
    parse, model  what a mapping says
    source_rows   a text file or a sheet -> a table of text with the vendor's line numbers
    workbook      sheets of an Excel workbook -> rows of text
    expressions   cells and conditions of a mapping -> SQL
    convert       source rows -> canonical tables, and the rows that are none
"""
