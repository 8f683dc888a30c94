/* A report with aligned columns, as programs print them. */
#include <stdio.h>
struct row { const char *name; int count; double price; };
int run(void) {
    struct row rows[] = {{"apples", 12, 0.35}, {"pears", 7, 1.2}, {"watermelons", 1, 12.999}, {"nothing", 0, 0}};
    double total = 0; int n = 0;
    printf("%-12s|%6s|%10s|%10s\n", "name", "count", "price", "sum");
    for (int i = 0; i < 40; i++) putchar(i == 12 || i == 19 || i == 30 ? '+' : '-');
    putchar('\n');
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        double sum = rows[i].count * rows[i].price;
        n += printf("%-12.8s|%6d|%10.2f|%10.2f\n", rows[i].name, rows[i].count, rows[i].price, sum);
        total += sum;
    }
    printf("%-12s|%6s|%10s|%10.2f\n", "total", "", "", total);
    return n;
}
