"""The administrator's page: what each of its addresses shows and does."""
