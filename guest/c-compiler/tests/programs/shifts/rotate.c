/* Rotations as everyone writes them, in four widths. */
#include <stdio.h>
#include <stdint.h>
static uint8_t rotl8(uint8_t x, unsigned n) { n &= 7; return x << n | x >> ((8 - n) & 7); }
static uint16_t rotl16(uint16_t x, unsigned n) { n &= 15; return (uint16_t)(x << n | x >> ((16 - n) & 15)); }
static uint32_t rotl32(uint32_t x, unsigned n) { n &= 31; return x << n | x >> (-n & 31); }
static uint64_t rotr64(uint64_t x, unsigned n) { n &= 63; return x >> n | x << (-n & 63); }
int run(void) {
    uint64_t sum = 0;
    for (unsigned n = 0; n < 70; n++) {
        sum = sum * 37 + rotl8(0x96, n);
        sum = sum * 37 + rotl16(0x8001, n);
        sum = sum * 37 + rotl32(0xdeadbeef, n);
        sum = sum * 37 + rotr64(0x0123456789abcdefull, n);
    }
    printf("%016lx %02x %04x %08x\n", sum, rotl8(1, 9), rotl16(0x1234, 4), rotl32(0x80000001, 1));
    return (int)(sum >> 40);
}
