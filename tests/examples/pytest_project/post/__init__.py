"""A small post office: letters go into a pull queue, postmen take them out."""
