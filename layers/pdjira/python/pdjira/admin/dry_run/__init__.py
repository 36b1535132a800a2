"""What a mapping would have done with the incidents of the last days, and would do with issues."""
