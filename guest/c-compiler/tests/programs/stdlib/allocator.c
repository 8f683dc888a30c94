#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* malloc, calloc, realloc, free: blocks do not overlap, keep their content, are aligned and reused. */
int run(void) {
    unsigned char *b[64] = {0}; size_t n[64] = {0}; unsigned x = 7; int bad = 0, odd = 0;
    for (int round = 0; round < 3000; round++) {
        x = x * 1103515245 + 12345; int i = x >> 16 & 63; size_t want = (x >> 8 & 1023) + 1;
        for (size_t k = 0; k < n[i]; k++) bad += b[i][k] != (unsigned char)(i + n[i]);
        if (x >> 5 & 1) { unsigned char *p = realloc(b[i], want); size_t keep = n[i] < want ? n[i] : want; for (size_t k = 0; k < keep; k++) bad += p[k] != (unsigned char)(i + n[i]); b[i] = p; }
        else { free(b[i]); b[i] = malloc(want); }
        n[i] = want; memset(b[i], (unsigned char)(i + want), want); odd += ((uintptr_t)b[i] & 7) != 0;
    }
    for (int i = 0; i < 64; i++) free(b[i]);
    int *z = calloc(1000, sizeof *z), sum = 0; for (int i = 0; i < 1000; i++) sum |= z[i]; free(z);
    for (int i = 0; i < 2000; i++) { char *p = malloc(8000); p[0] = p[7999] = i; free(p); }
    free(NULL); char *e = realloc(NULL, 5); strcpy(e, "four"); printf("%d %d %d %s\n", bad, odd, sum, e); free(e);
    void *a = aligned_alloc(64, 128); printf("%d\n", (int)((uintptr_t)a % 64)); free(a);
    return bad;
}
