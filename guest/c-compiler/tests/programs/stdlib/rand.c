#include <stdio.h>
#include <stdlib.h>
/* The generator's own sequence, from its first seed and from others. */
int run(void) {
    for (int i = 0; i < 5; i++) printf("%d ", rand());
    printf("\n"); unsigned seeds[] = {0, 1, 42, 12345, 4294967295u};
    for (int s = 0; s < 5; s++) { srand(seeds[s]); for (int i = 0; i < 4; i++) printf("%d ", rand()); printf("\n"); }
    srand(7); int dice[6] = {0}; for (int i = 0; i < 6000; i++) dice[rand() % 6]++;
    for (int i = 0; i < 6; i++) printf("%d ", dice[i]);
    int inside = 0; for (int i = 0; i < 5000; i++) { double x = rand() / (RAND_MAX + 1.0), y = rand() / (RAND_MAX + 1.0); inside += x * x + y * y < 1; }
    printf("%d %d\n", inside, RAND_MAX == 2147483647);
    return rand() & 0xffff;
}
