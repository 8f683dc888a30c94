/* A parser of comments as a table of states. */
#include <stdio.h>
enum state { CODE, SLASH, LINE, BLOCK, STAR, STRING, STATES };
enum input { OTHER, IS_SLASH, IS_STAR, NEWLINE, QUOTE, INPUTS };
static const unsigned char next[STATES][INPUTS] = {
    [CODE] = {[IS_SLASH] = SLASH, [QUOTE] = STRING},
    [SLASH] = {CODE, SLASH, BLOCK, CODE, STRING},
    [LINE] = {LINE, LINE, LINE, CODE, LINE},
    [BLOCK] = {BLOCK, BLOCK, STAR, BLOCK, BLOCK},
    [STAR] = {BLOCK, CODE, STAR, BLOCK, BLOCK},
    [STRING] = {STRING, STRING, STRING, CODE, CODE},
};
static enum input classify(char c) { return c == '/' ? IS_SLASH : c == '*' ? IS_STAR : c == '\n' ? NEWLINE : c == '"' ? QUOTE : OTHER; }
int run(void) {
    const char *text = "a = b / c; /* gone * / ** */ s = \"/* kept */\"; // rest\nx//y\n";
    enum state s = CODE; int counts[STATES] = {0};
    for (const char *p = text; *p; p++) {
        enum state old = s;
        s = next[s][classify(*p)];
        if (old == SLASH && *p == '/') s = LINE;
        counts[s]++;
        if (s == CODE || s == STRING) putchar(*p);
    }
    putchar('\n');
    for (int i = CODE; i < STATES; i++) printf("%d ", counts[i]);
    printf("\n");
    return s;
}
