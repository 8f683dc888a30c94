"""Text: n words with numbers put together; a checksum (FNV-1a) of the whole."""


def run(n):
    text = "".join(f"item {i} is {'odd' if i % 2 else 'even'}; " for i in range(n))
    total = 2166136261
    for byte in text.encode():
        total = ((total ^ byte) * 16777619) & 0xFFFFFFFF
    return float(total)
