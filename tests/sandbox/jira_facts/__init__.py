"""What the sandbox's Jira claims to do as the real one does; `jira/FACTS.md` names each test."""
