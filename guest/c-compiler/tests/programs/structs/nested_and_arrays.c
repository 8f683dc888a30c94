/* Structs in structs, arrays in structs, arrays of structs, and pointers to all of them. */
#include <stdio.h>
#include <string.h>
struct date { int year; unsigned char month, day; };
struct person { char name[12]; struct date born; struct { double weight, height; } body; int scores[3]; };
static double bmi(const struct person *p) { return p->body.weight / (p->body.height * p->body.height); }
static int total(struct person p) { int t = 0; for (int i = 0; i < 3; i++) { t += p.scores[i]; p.scores[i] = 0; } return t; }
int run(void) {
    struct person people[3] = {{"Ada", {1815, 12, 10}, {60.5, 1.65}, {1, 2, 3}}, {.name = "Alan", .born.year = 1912, .body.height = 1.8}};
    strcpy(people[2].name, "Grace");
    people[2].born = (struct date){1906, 12, 9};
    people[2].body = people[0].body;
    people[2].scores[1] = 50;
    people[1].born.month = 300 % 256;
    struct person copy = people[0];
    copy.name[0] = 'I'; copy.scores[2] += 10;
    printf("%s %s %d %d\n", people[0].name, copy.name, total(people[0]), total(copy));
    for (struct person *p = people; p < people + 3; p++)
        printf("%s %d-%d-%d %.3f %d\n", p->name, p->born.year, p->born.month, p->born.day, p->body.height ? bmi(p) : 0, total(*p));
    int *score = &people[2].scores[0];
    score[1]++; *(score + 2) = 7;
    return (int)sizeof(struct person) + total(people[2]);
}
