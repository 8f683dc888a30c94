#include <math.h>
#include <stdio.h>
/* Vectors, rotations, distances on the sphere, polygon areas. */
typedef struct { double x, y, z; } vec; static vec add(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; } static vec times(vec a, double k) { return (vec){a.x * k, a.y * k, a.z * k}; }
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; } static vec cross(vec a, vec b) { return (vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; } static vec unit(vec a) { return times(a, 1 / sqrt(dot(a, a))); }
static vec rotate(vec v, vec k, double t) { return add(add(times(v, cos(t)), times(cross(k, v), sin(t))), times(k, dot(k, v) * (1 - cos(t)))); }
static double sphere(double la1, double lo1, double la2, double lo2) { double d = M_PI / 180, a = pow(sin((la2 - la1) * d / 2), 2) + cos(la1 * d) * cos(la2 * d) * pow(sin((lo2 - lo1) * d / 2), 2); return 6371 * 2 * atan2(sqrt(a), sqrt(1 - a)); }
static double area(const double (*p)[2], int n) { double a = 0; for (int i = 0; i < n; i++) { int j = (i + 1) % n; a += p[i][0] * p[j][1] - p[j][0] * p[i][1]; } return fabs(a) / 2; }
int run(void) { vec a = {1, 2, 3}, b = {-2, 0.5, 4}, u = unit(a), r = rotate(b, u, M_PI / 3); printf("%.6f %.6f %.6f %.6f\n", dot(a, b), cross(a, b).x, u.y, sqrt(dot(u, u))); printf("%.6f %.6f %.6f %.6f\n", r.x, r.y, r.z, dot(r, r) - dot(b, b) < 1e-12 ? 0.0 : 1.0); printf("%.3f %.3f\n", sphere(40.42, -3.70, 48.85, 2.35), sphere(0, 0, 0, 180)); static const double p[][2] = {{0, 0}, {4, 0}, {4, 3}, {2, 5}, {0, 3}}; printf("%.2f\n", area(p, 5)); return (int)(acos(dot(u, unit(b))) * 180 / M_PI); }
