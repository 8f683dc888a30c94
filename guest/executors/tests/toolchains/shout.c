// clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o shout.wasm shout.c
//
// A text comes as its address and length; the answer goes back as an i64: address in the upper half, length in the lower.
#include <stdint.h>

static char answer[256];

__attribute__((export_name("run"))) uint64_t run(const char *text, int length) {
    int count = 0;
    for (; count < length && count < (int)sizeof answer; count++) {
        char letter = text[count];
        answer[count] = letter >= 'a' && letter <= 'z' ? letter - 32 : letter;
    }
    return (uint64_t)(uintptr_t)answer << 32 | (uint32_t)count;
}
