/* Parsing: n records as JSON, written and read again; the sum of what was read. */
#include <stdint.h>

static char text[4000000];
static int length;
static const char *at;
static double total;

static void put(const char *piece) {
    while (*piece)
        text[length++] = *piece++;
}

static void put_number(int number) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0)
        text[length++] = digits[--count];
}

static void skip(void) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
        at++;
}

static int string_length(void) {
    int count = 0;
    at++;
    while (*at != '"') {
        if (*at == '\\')
            at++;
        at++;
        count++;
    }
    at++;
    return count;
}

static double number(void) {
    double value = 0, scale = 1;
    int negative = *at == '-';
    at += negative;
    while (*at >= '0' && *at <= '9')
        value = value * 10 + (*at++ - '0');
    if (*at == '.') {
        at++;
        while (*at >= '0' && *at <= '9') {
            value = value * 10 + (*at++ - '0');
            scale *= 10;
        }
    }
    value /= scale;
    return negative ? -value : value;
}

static void value(void) {
    skip();
    char first = *at;
    if (first == '{' || first == '[') {
        char last = first == '{' ? '}' : ']';
        at++;
        skip();
        while (*at != last) {
            if (first == '{') {
                skip();
                string_length();
                skip();
                at++;
            }
            value();
            skip();
            if (*at == ',')
                at++;
            skip();
        }
        at++;
    } else if (first == '"') {
        total += string_length();
    } else if (first == 't') {
        total += 1;
        at += 4;
    } else if (first == 'f') {
        at += 5;
    } else if (first == 'n') {
        at += 4;
    } else {
        total += number();
    }
}

double run(int n) {
    length = 0;
    total = 0;
    put("[");
    for (int i = 0; i < n; i++) {
        put(i ? ", {\"id\": " : "{\"id\": ");
        put_number(i);
        put(", \"name\": \"sensor ");
        put_number(i % 7);
        put("\", \"on\": ");
        put(i % 3 ? "true" : "false");
        put(", \"values\": [");
        put_number(i % 100);
        put(".5, -");
        put_number(i % 10);
        put(", null]}");
    }
    put("]");
    text[length] = 0;
    at = text;
    value();
    return total;
}
