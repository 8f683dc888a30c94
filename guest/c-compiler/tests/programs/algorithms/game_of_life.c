#include <stdio.h>
#include <string.h>
/* Life on a torus in bytes and in bits; a glider comes home. */
enum { W = 16, H = 12 }; static unsigned char a[H][W], b[H][W];
static void step(void) { for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) { int n = -a[y][x]; for (int dy = -1; dy <= 1; dy++) for (int dx = -1; dx <= 1; dx++) n += a[(y + dy + H) % H][(x + dx + W) % W]; b[y][x] = n == 3 || (n == 2 && a[y][x]); } memcpy(a, b, sizeof a); }
static unsigned short rows[H]; static unsigned short turn(unsigned short r, int left) { return left ? r << 1 | r >> 15 : r >> 1 | r << 15; }
static void bit_step(void) { unsigned short next[H]; for (int y = 0; y < H; y++) { unsigned short ones = 0, twos = 0, fours = 0; for (int k = 0; k < 9; k++) { if (k == 4) continue; unsigned short r = rows[(y + k / 3 - 1 + H) % H]; if (k % 3 != 1) r = turn(r, k % 3 == 0); unsigned short c = ones & r; ones ^= r; unsigned short d = twos & c; twos ^= c; fours |= d; } next[y] = twos & ~fours & (ones | rows[y]); } memcpy(rows, next, sizeof rows); }
static void show(void) { for (int y = 0; y < H; y++) { for (int x = 0; x < W; x++) putchar(a[y][x] ? '#' : '.'); putchar('\n'); } }
int run(void) { const char *glider[] = {".#.", "..#", "###"}; for (int y = 0; y < 3; y++) for (int x = 0; x < 3; x++) a[y][x] = glider[y][x] == '#'; a[6][8] = a[6][9] = a[6][10] = a[5][9] = 1; for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) rows[y] |= a[y][x] << (15 - x); int same = 1, alive = 0; for (int g = 0; g < 40; g++) { step(); bit_step(); for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) same &= a[y][x] == (rows[y] >> (15 - x) & 1); } show(); for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) alive += a[y][x]; return same * 1000 + alive; }
