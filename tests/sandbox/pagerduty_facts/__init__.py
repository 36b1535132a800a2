"""What the sandbox's PagerDuty claims to do, over loopback; its `FACTS.md` names these tests."""
