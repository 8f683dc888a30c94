#include <limits.h>
#include <stdio.h>
#include <string.h>
/* Breadth- and depth-first search, Dijkstra, Floyd-Warshall, topological order, components. */
enum { N = 12 }; static int w[N][N];
static int bfs(int from, int to) { int q[N], h = 0, t = 0, d[N]; memset(d, -1, sizeof d); d[from] = 0; q[t++] = from; while (h < t) { int u = q[h++]; for (int v = 0; v < N; v++) if (w[u][v] && d[v] < 0) { d[v] = d[u] + 1; q[t++] = v; } } return d[to]; }
static void dfs(int u, char *seen, int *order, int *n) { if (seen[u]++) return; for (int v = 0; v < N; v++) if (w[u][v]) dfs(v, seen, order, n); order[(*n)++] = u; }
static void dijkstra(int from, long *d) { char done[N] = {0}; for (int i = 0; i < N; i++) d[i] = LONG_MAX / 2; d[from] = 0; for (int k = 0; k < N; k++) { int u = -1; for (int i = 0; i < N; i++) if (!done[i] && (u < 0 || d[i] < d[u])) u = i; done[u] = 1; for (int v = 0; v < N; v++) if (w[u][v] && d[u] + w[u][v] < d[v]) d[v] = d[u] + w[u][v]; } }
static int root(int *p, int x) { return p[x] == x ? x : (p[x] = root(p, p[x])); }
int run(void) {
    for (int i = 0; i < N; i++) for (int k = 1; k <= 3; k++) { int j = (i * 5 + k * 3 + 1) % N; if (i < j && i != 4) w[i][j] = (i * 7 + j * 3) % 11 + 1; }
    printf("%d %d\n", bfs(0, N - 1), bfs(4, 7)); int order[N], n = 0; char seen[N] = {0}; for (int i = 0; i < N; i++) dfs(i, seen, order, &n); while (n--) printf("%d ", order[n]); printf("\n");
    long d[N]; dijkstra(0, d); for (int i = 0; i < N; i++) printf("%ld ", d[i] > 1000 ? -1 : d[i]); printf("\n"); int f[N][N]; for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) f[i][j] = i == j ? 0 : w[i][j] ? w[i][j] : 9999; for (int k = 0; k < N; k++) for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) if (f[i][k] + f[k][j] < f[i][j]) f[i][j] = f[i][k] + f[k][j];
    int same = 0; for (int i = 0; i < N; i++) same += (f[0][i] < 9999 ? f[0][i] : -1) == (d[i] > 1000 ? -1 : d[i]); int p[N], c = 0; for (int i = 0; i < N; i++) p[i] = i; for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) if (w[i][j]) p[root(p, i)] = root(p, j); for (int i = 0; i < N; i++) c += root(p, i) == i; return same * 10 + c;
}
