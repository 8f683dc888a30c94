/* Generic code over bytes: void pointers and casts. */
#include <stdio.h>
#include <string.h>
static void swap_bytes(void *a, void *b, unsigned long n) { unsigned char *p = a, *q = b; while (n--) { unsigned char t = *p; *p++ = *q; *q++ = t; } }
static void reverse(void *base, unsigned long count, unsigned long size) {
    char *low = base, *high = low + (count - 1) * size;
    for (; low < high; low += size, high -= size) swap_bytes(low, high, size);
}
static unsigned sum(const void *data, int n) { const unsigned char *b = data; unsigned s = 0; while (n-- > 0) s = s * 17 + *b++; return s; }
int run(void) {
    int a[] = {1, 2, 3, 4, 5}; double d[] = {1.5, 2.5, 3.5}; struct { short s; char c; } r[] = {{1, 'a'}, {2, 'b'}};
    reverse(a, 5, sizeof *a); reverse(d, 3, sizeof *d); reverse(r, 2, sizeof r[0]);
    printf("%d %d %g %g %d %c\n", a[0], a[4], d[0], d[2], r[0].s, r[1].c);
    int x = 0x01020304; unsigned char *bytes = (unsigned char *)&x; bytes[0] = 0xff;
    printf("%x %u\n", x, sum(&x, sizeof x));
    void *v = &a[1]; int *back = v; *(int *)v = 77; printf("%d %d\n", *back, a[1]);
    const char *text = "abcdefgh"; unsigned word; memcpy(&word, text + 2, 4); printf("%x\n", word);
    long l = 0; *(short *)((char *)&l + 2) = -2; printf("%lx\n", l);
    void *null = 0; printf("%d\n", null == NULL); return sum(d, 8) & 0xffff;
}
