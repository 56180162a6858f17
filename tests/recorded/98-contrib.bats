#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# What is in contrib: rules, dashboard and units; needs neither the module nor root.
# shellcheck disable=SC2016 # single quotes on purpose

load common

# The only list there is.
families() {
	grep -oE '"brkwatch_[a-z_]+"' "$ROOT/userspace/metrics/prometheus.c" | tr -d '"' | sort
}

# All that is like a name of ours in some text.
mentioned() {
	grep -ohE 'brkwatch_[a-z_]+' "$@" | sort -u
}

@test "alert rules: promtool finds them right, and they fire when they should" {
	needs_promtool
	run -0 "$PROMTOOL" check rules "$ROOT/contrib/prometheus/brkwatch.rules.yml"
	[[ "$output" == *"SUCCESS"* ]]
	run -0 "$PROMTOOL" test rules "$ROOT/contrib/prometheus/brkwatch.test.yml"
	# Each rule is in the test.
	diff -u <(sed -n 's/.*alert: *//p' "$ROOT/contrib/prometheus/brkwatch.rules.yml" | sort) \
		<(sed -n 's/.*alertname: *//p' "$ROOT/contrib/prometheus/brkwatch.test.yml" | sort -u)
}

@test "rules, dashboard and documentation name metrics that there are" {
	local dashboard=$ROOT/contrib/grafana/brkwatch.json
	[ "$(families | wc -l)" -gt 20 ]
	jq -e '.panels | length > 5' "$dashboard" >/dev/null
	jq -e '[.panels[] | select(.type != "row") | .targets | length > 0] | all' "$dashboard" >/dev/null
	jq -e '[.panels[].id] | length == (unique | length)' "$dashboard" >/dev/null
	jq -r '.panels[] | select(.targets) | .targets[].expr' "$dashboard" >"$BATS_TEST_TMPDIR/queries"
	sed -n 's/.*expr: *//p' "$ROOT/contrib/prometheus/brkwatch.rules.yml" >>"$BATS_TEST_TMPDIR/queries"
	[ "$(mentioned "$BATS_TEST_TMPDIR/queries" | wc -l)" -gt 10 ]
	[ -z "$(comm -13 <(families) <(mentioned "$BATS_TEST_TMPDIR/queries"))" ]
	diff -u <(families) <(sed -n 's/^| `\(brkwatch_[a-z_]*\).*/\1/p' "$ROOT/doc/metrics.md" | sort)
}

@test "each query of the dashboard is one that Prometheus understands" {
	needs_promtool
	local n
	{
		printf 'groups:\n- name: dashboard\n  rules:\n'
		jq -r '.panels[] | select(.targets) | .targets[].expr' "$ROOT/contrib/grafana/brkwatch.json" |
			sed 's/\$__rate_interval/5m/g; s/\$instance/.*/g' |
			jq -R -r '"  - record: x\(input_line_number)\n    expr: \(. | @json)"'
	} >"$BATS_TEST_TMPDIR/rules.yml"
	run -0 "$PROMTOOL" check rules "$BATS_TEST_TMPDIR/rules.yml"
	n=$(jq '[.panels[].targets | length] | add' "$ROOT/contrib/grafana/brkwatch.json")
	[ "$n" -gt 10 ]
	[[ "$output" == *"SUCCESS: $n rules found"* ]]
}

@test "systemd units: systemd takes them, and they leave little to break into" {
	command -v systemd-analyze || skip "no systemd-analyze"
	local unit
	cd "$BATS_TEST_TMPDIR"
	# The program may not be installed here.
	for unit in "$ROOT"/contrib/systemd/*; do
		sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' "$unit" >"${unit##*/}"
	done
	run -0 systemd-analyze verify --man=no ./*.service ./*.timer
	echo "$output"
	[ -z "$output" ]
	run -0 systemd-analyze security --offline=true --threshold=10 ./*.service
	diff <(sed -n '/^# All that/,/^UMask/p' brkwatch-metrics.service) <(sed -n '/^# All that/,/^UMask/p' brkwatch-metrics-once.service)
}
