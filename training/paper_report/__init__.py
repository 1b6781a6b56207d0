"""The paper's tables and figures for a cohort of results, the paper's column beside ours."""
