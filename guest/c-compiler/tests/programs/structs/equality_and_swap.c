#include <stdio.h>
#include <string.h>
/* Member-wise comparison, swapping in arrays, rotating, sorting structs by value. */
struct card { unsigned char rank; char suit; }; struct hand { struct card cards[5]; int count; };
static int same(struct card a, struct card b) { return a.rank == b.rank && a.suit == b.suit; } static int less(struct card a, struct card b) { return a.rank != b.rank ? a.rank < b.rank : a.suit < b.suit; }
static struct hand sorted(struct hand h) { for (int i = 1; i < h.count; i++) for (int j = i; j && less(h.cards[j], h.cards[j - 1]); j--) { struct card t = h.cards[j]; h.cards[j] = h.cards[j - 1]; h.cards[j - 1] = t; } return h; }
static void show(struct hand h) { for (int i = 0; i < h.count; i++) printf("%d%c ", h.cards[i].rank, h.cards[i].suit); printf("\n"); }
static struct hand add(struct hand h, struct card c) { if (h.count < 5) h.cards[h.count++] = c; return h; }
int run(void) { struct hand h = {0}, g; h = add(add(add(h, (struct card){9, 'H'}), (struct card){2, 'S'}), (struct card){9, 'C'}); show(h); g = sorted(h); show(g); show(h); g = sorted(add(g, h.cards[1])); show(g); printf("%d %d\n", same(g.cards[0], g.cards[1]), same(h.cards[0], h.cards[2])); struct card first = h.cards[0]; memmove(h.cards, h.cards + 1, 2 * sizeof first); h.cards[2] = first; show(h); return memcmp(&g.cards[0], &g.cards[1], sizeof first) == 0 ? (int)sizeof h + g.count : 0; }
