-- Counts right and wrong answers in each thread, and prints the sums and the latencies at the end.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init()
    right, wrong, failed = 0, 0, 0
end

function response(status, headers, body)
    if status ~= 200 then
        failed = failed + 1
    elseif expected == nil or body == expected then
        right = right + 1
    else
        wrong = wrong + 1
    end
end

function done(summary, latency, requests)
    local right, wrong, failed = 0, 0, 0
    for _, thread in ipairs(threads) do
        right = right + thread:get("right")
        wrong = wrong + thread:get("wrong")
        failed = failed + thread:get("failed")
    end
    local errors = summary.errors
    failed = failed + errors.connect + errors.read + errors.write + errors.timeout
    print(string.format(
        'skerry {"right":%d,"wrong":%d,"failed":%d,"seconds":%.6f,"p50_ms":%.6f,"p99_ms":%.6f,"p999_ms":%.6f}',
        right, wrong, failed, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
