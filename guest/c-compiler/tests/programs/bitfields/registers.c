/* A device register described by fields and by a whole number. */
#include <stdint.h>
#include <stdio.h>
union control { uint32_t word; struct { uint32_t enable : 1, mode : 3, divider : 12, reserved : 8, level : 8; }; };
typedef union control control;
static control configure(control c, unsigned mode, unsigned divider) { c.mode = mode; c.divider = divider; c.enable = 1; return c; }
int run(void) {
    control c = {.word = 0x80000000};
    printf("%u\n", c.level);
    c = configure(c, 5, 0x123);
    printf("%08x\n", c.word);
    c.level += 0x90;
    printf("%08x %u\n", c.word, c.level);
    c.word |= 0xfff0;
    printf("%x %u\n", c.divider, c.mode);
    c.reserved = ~0;
    control array[2] = {[1] = c};
    array[0].enable = array[1].mode & 1;
    printf("%08x %08x\n", array[0].word, array[1].word);
    return configure(array[0], 9, 4097).word;
}
