#include <stdio.h>
#include <stdlib.h>
/* Typed containers made by macros. */
#define VECTOR(type) struct { type *data; int count, room; }
#define PUSH(v, x) ((v).count == (v).room ? ((v).room = (v).room ? (v).room * 2 : 2, (v).data = realloc((v).data, (v).room * sizeof *(v).data)) : 0, (v).data[(v).count++] = (x))
#define POP(v) ((v).data[--(v).count])
#define FOR_EACH(i, v) for (int i = 0; i < (v).count; i++)
#define DEFINE_STACK(name, type, size) typedef struct { type items[size]; int top; } name; \
    static int name##_push(name *s, type x) { return s->top < (size) ? s->items[s->top++] = x, 1 : 0; } \
    static int name##_pop(name *s, type *x) { return s->top ? *x = s->items[--s->top], 1 : 0; }
DEFINE_STACK(int_stack, int, 3)
typedef struct { double x, y; } point;
DEFINE_STACK(point_stack, point, 2)
#define MIN_OF(type) static type min_##type(const type *v, int n) { type m = v[0]; for (int i = 1; i < n; i++) if (v[i] < m) m = v[i]; return m; }
MIN_OF(int) MIN_OF(double)
int run(void) {
    VECTOR(long) v = {0}; VECTOR(char) text = {0}; long sum = 0;
    for (int i = 0; i < 20; i++) { PUSH(v, i * i); PUSH(text, 'a' + i); } PUSH(text, 0);
    FOR_EACH(i, v) sum += v.data[i] * (i % 3 ? 1 : -1); long top = POP(v); printf("%ld %ld %s %d\n", sum, top, text.data, text.room);
    int_stack s = {0}; int x = 0; for (int i = 1; i < 5; i++) printf("%d", int_stack_push(&s, i)); printf("\n");
    while (int_stack_pop(&s, &x)) printf("%d ", x); point_stack p = {0}; point_stack_push(&p, (point){1, 2}); point q; point_stack_pop(&p, &q); printf("%g %g\n", q.x, q.y);
    free(v.data); free(text.data); return min_int((int[]){4, 2, 8}, 3) + (int)min_double((double[]){3.5, 9.5}, 2);
}
