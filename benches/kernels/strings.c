/* Text: n words with numbers put together; a checksum (FNV-1a) of the whole. */
#include <stdint.h>

static char text[4000000];

static int number_to(char *at, int number) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (int i = 0; i < count; i++)
        at[i] = digits[count - 1 - i];
    return count;
}

static int text_to(char *at, const char *text) {
    int count = 0;
    while (text[count]) {
        at[count] = text[count];
        count++;
    }
    return count;
}

double run(int n) {
    int length = 0;
    for (int i = 0; i < n; i++) {
        length += text_to(text + length, "item ");
        length += number_to(text + length, i);
        length += text_to(text + length, i % 2 ? " is odd; " : " is even; ");
    }
    uint32_t sum = 2166136261u;
    for (int i = 0; i < length; i++)
        sum = (sum ^ (uint8_t)text[i]) * 16777619u;
    return sum;
}
