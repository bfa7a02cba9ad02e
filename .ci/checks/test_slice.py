"""What the slice of the long suites owes: a change meets what guards it, each part has its turn, and no suite is forgotten."""

import importlib.machinery
import importlib.util
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOADER = importlib.machinery.SourceFileLoader("ci_slice", str(ROOT / ".ci/slice"))
ci_slice = importlib.util.module_from_spec(importlib.util.spec_from_loader("ci_slice", LOADER))
LOADER.exec_module(ci_slice)
SECONDS = 220
# Run by `.ci/run` itself.
NOT_LONG = {"sam_deploy"}


class Slice(unittest.TestCase):
    parts = ci_slice.Parts()

    def picked(self, path, seed):
        return ci_slice.chosen(self.parts, [path], str(seed), SECONDS)

    def test_a_changed_action_always_meets_its_own_loop(self):
        for action in self.parts.actions:
            [file] = ROOT.glob(f"functions/respond-*/src{ci_slice.source_stem(action)}.rs")
            for seed in range(20):
                self.assertIn(("every_action", action), self.picked(str(file.relative_to(ROOT)), seed))

    def test_a_changed_action_always_meets_the_faults_of_a_playbook_that_has_it(self):
        drilled = set().union(*self.parts.playbooks.values())
        for action in drilled.intersection(self.parts.actions):
            [file] = ROOT.glob(f"functions/respond-*/src{ci_slice.source_stem(action)}.rs")
            for seed in range(20):
                picked = self.picked(str(file.relative_to(ROOT)), seed)
                faults = [name for suite, name in picked if suite == "every_fault"]
                self.assertTrue(any(action in self.parts.playbooks[name] for name in faults), (action, picked))

    def test_changed_actions_leave_time_for_more_than_their_own_loops(self):
        changed = [str(file.relative_to(ROOT)) for file in ROOT.glob("functions/respond-*/src/*.rs")]
        for seed in range(20):
            suites = {suite for suite, _ in ci_slice.chosen(self.parts, changed, str(seed), SECONDS)}
            self.assertLessEqual({"every_action", "every_fault"}, suites)

    def test_a_changed_playbook_and_intake_meet_their_suites(self):
        for seed in range(20):
            suites = {suite for suite, _ in self.picked("playbooks/leaked-access-key/playbook.yaml", seed)}
            self.assertLessEqual({"every_fault", "every_playbook"}, suites)
            # Both don't fit.
            intake = set(self.picked("functions/intake/src/batch.rs", seed))
            self.assertTrue({("burst", ""), ("afterwards", "")} & intake, intake)

    def test_where_nothing_points_anywhere_each_part_has_its_turn_within_the_time(self):
        met = set()
        for seed in range(300):
            picked = self.picked("docs/testing.md", seed)
            deployments = len({suite for suite, _ in picked}) * ci_slice.DEPLOYMENT
            self.assertTrue(picked)
            self.assertLessEqual(deployments + sum(map(self.parts.cost, picked)), SECONDS)
            met.update(picked)
        self.assertEqual(met, set(self.parts.all))

    def test_every_ignored_suite_is_run_by_the_slice_and_by_night(self):
        ignored = set()
        for file in ROOT.glob("tests/tests/**/*.rs"):
            if re.search(r"^#\[ignore", file.read_text(encoding="utf-8"), re.MULTILINE):
                ignored.add(file.relative_to(ROOT / "tests/tests").parts[0].removesuffix(".rs"))
        self.assertEqual(ignored - NOT_LONG, set(ci_slice.SUITES))
        nightly = (ROOT / ".ci/nightly").read_text(encoding="utf-8")
        self.assertEqual(set(re.search(r"^suites=\(([^)]*)\)", nightly, re.MULTILINE)[1].split()), ignored - NOT_LONG)


if __name__ == "__main__":
    unittest.main()
