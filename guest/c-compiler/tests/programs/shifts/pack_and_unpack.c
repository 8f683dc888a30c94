/* Big- and little-endian numbers taken from bytes and put back. */
#include <stdio.h>
#include <stdint.h>
static uint32_t get_be32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | p[2] << 8 | p[3];
}
static uint64_t get_le64(const unsigned char *p) {
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) v = v << 8 | p[i];
    return v;
}
static void put_be64(unsigned char *p, uint64_t v) {
    for (int i = 0; i < 8; i++) p[i] = v >> (56 - 8 * i);
}
static int16_t get_le16s(const unsigned char *p) { return (int16_t)(p[0] | p[1] << 8); }
static int32_t sign_extend(uint32_t v, int bits) { int32_t m = 1 << (bits - 1); return (int32_t)((v ^ m) - m); }
int run(void) {
    unsigned char bytes[16] = {0x80, 1, 2, 3, 0xff, 0xfe, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x8f};
    printf("%08x %016lx\n", get_be32(bytes), get_le64(bytes + 8));
    put_be64(bytes, 0x1122334455667788ull);
    for (int i = 0; i < 16; i++) printf("%02x", bytes[i]);
    printf("\n%d %d\n", get_le16s(bytes + 14), get_le16s(bytes));
    printf("%d %d %d\n", sign_extend(0xff, 8), sign_extend(0x7f, 8), sign_extend(0x800, 12));
    return bytes[3] ^ bytes[4];
}
