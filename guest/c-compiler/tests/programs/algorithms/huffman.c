#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* Huffman codes by a heap of nodes, a text coded into bits and decoded. */
struct node { int weight, order; unsigned char c; struct node *l, *r; }; static struct node pool[128], *heap[64]; static int count, used;
static int before(const struct node *a, const struct node *b) { return a->weight != b->weight ? a->weight < b->weight : a->order < b->order; }
static void push(struct node *n) { int i = count++; for (; i && before(n, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2]; heap[i] = n; }
static struct node *pop(void) { struct node *top = heap[0], *last = heap[--count]; int i = 0; for (int c; (c = 2 * i + 1) < count; i = c) { if (c + 1 < count && before(heap[c + 1], heap[c])) c++; if (!before(heap[c], last)) break; heap[i] = heap[c]; } heap[i] = last; return top; }
static char codes[256][32]; static void assign(const struct node *n, char *code, int depth) { if (!n->l) { code[depth] = 0; strcpy(codes[n->c], depth ? code : "0"); return; } code[depth] = '0'; assign(n->l, code, depth + 1); code[depth] = '1'; assign(n->r, code, depth + 1); }
int run(void) { const char *text = "she sells sea shells by the sea shore; the shells she sells are surely seashells"; int f[256] = {0}; for (const char *p = text; *p; p++) f[(unsigned char)*p]++; for (int c = 0; c < 256; c++) if (f[c]) { pool[used] = (struct node){f[c], used, c}; push(&pool[used++]); } int symbols = count; while (count > 1) { struct node *a = pop(), *b = pop(); pool[used] = (struct node){a->weight + b->weight, used, 0, a, b}; push(&pool[used++]); } char code[32]; assign(heap[0], code, 0); for (int c = 0; c < 256; c++) if (f[c]) printf("%c=%s ", c, codes[c]); printf("\n");
    unsigned char bits[200] = {0}; int n = 0; for (const char *p = text; *p; p++) for (const char *q = codes[(unsigned char)*p]; *q; q++, n++) if (*q == '1') bits[n / 8] |= 128 >> n % 8; char out[200]; int o = 0; const struct node *at = heap[0]; for (int i = 0; i < n; i++) { at = bits[i / 8] & 128 >> i % 8 ? at->r : at->l; if (!at->l) { out[o++] = at->c; at = heap[0]; } } out[o] = 0; printf("%d %d %d\n", symbols, n, strcmp(out, text)); return n; }
