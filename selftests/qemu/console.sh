# shellcheck shell=bash
# Judging the guest's kernel log: what must not be in it.

CONSOLE_BAD='WARNING: |(^|[^A-Z_])BUG[: ]|Oops|Call Trace|kernel BUG at|KASAN|KFENCE|UBSAN|general protection'
CONSOLE_BAD+='|Unable to handle|double fault|Kernel panic|possible circular|possible recursive'
CONSOLE_BAD+='|possible irq lock|inconsistent lock state|suspicious RCU|bad unlock balance'
CONSOLE_BAD+='|held lock freed|lock held when returning|Invalid wait context|INFO: task|INFO: rcu'
CONSOLE_BAD+='|INFO: possible|INFO: trying|self-detected stall|soft lockup|hard LOCKUP|blocked for more'
CONSOLE_BAD+='|kmemleak: [1-9][0-9]* new|unreferenced object|sleeping function called|scheduling while'
CONSOLE_BAD+='|refcount_t|list_(add|del) corruption|Bad page|DMA-API|workqueue lockup'
CONSOLE_BAD+='|nvme.*(timeout|Abort)|irq [0-9]+: nobody cared|No irq handler for vector'

# console_clean FILE [REGEX]...: a block between "cut here" and "end trace" is one report;
# a report or line that an expected REGEX matches does not count.
console_clean() {
	local file=$1 allow found; shift
	allow=$(IFS='|'; printf '%s' "$*")
	found=$(ALLOW=$allow BAD=$CONSOLE_BAD awk '
		function flush() { if (!ok && bad != "") print bad; bad = ""; ok = 0 }
		/\[ cut here \]/ { flush(); block = 1 }
		{
			if (ENVIRON["ALLOW"] != "" && $0 ~ ENVIRON["ALLOW"]) ok = 1
			if (bad == "" && $0 ~ ENVIRON["BAD"]) bad = NR ": " $0
			if (!block) flush()
		}
		/end trace/ { block = 0; flush() }
		END { flush() }' "$file")
	[ -n "$found" ] || return 0
	say "the guest's kernel complained:"
	printf '%s\n' "$found" | head -n 12 >&2
	return 1
}

# keep_console FILE LINES: the last few of failed runs stay in the cache.
keep_console() {
	local dir=$NYX_CACHE/log/console name
	mkdir -p "$dir"
	name=$dir/$(date +%m%d-%H%M%S)-$$.log
	cp "$1" "$name"
	find "$dir" -name '*.log' | sort -r | tail -n +31 | xargs -r rm -f
	say "console log: $name"
	tail -n "$2" "$name" | cut -c1-160 >&2
}
