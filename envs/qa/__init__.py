"""Questions over a library of articles, or over the same facts as a knowledge graph; and HotpotQA's own tasks."""
