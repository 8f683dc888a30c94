#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* What printf writes with 17 digits, sscanf and strtod read back unchanged. */
int run(void) {
    unsigned long x = 88172645463325252ul; int good = 0, fgood = 0; char b[64];
    for (int i = 0; i < 300; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        double d, e, g; memcpy(&d, &x, 8); if (d != d || d - d != 0) continue;
        snprintf(b, sizeof b, "%.17g", d); e = strtod(b, NULL); sscanf(b, "%lf", &g); good += !memcmp(&d, &e, 8) && !memcmp(&d, &g, 8);
        snprintf(b, sizeof b, "%a", d); good += strtod(b, NULL) == d;
        float f = (float)(x % 100000007) / 977, h; snprintf(b, sizeof b, "%.9g", f); sscanf(b, "%f", &h); fgood += f == h;
        if (i % 60 == 0) printf("%.17g %.3e %.9g\n", d, d, f);
        int n; sscanf("-00123", "%d", &n); snprintf(b, sizeof b, "%+06d", n); good += !strcmp(b, "-00123");
    }
    printf("%d %d\n", good, fgood); return good;
}
