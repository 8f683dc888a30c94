#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* A packet's header read through a union of layouts. */
enum { PING = 1, DATA, CLOSE }; struct ping { uint32_t id; uint16_t ttl; }; struct data { uint16_t length; char bytes[10]; }; struct close { int32_t reason; }; struct packet { uint8_t type; uint8_t flags; union { struct ping ping; struct data data; struct close close; uint8_t raw[12]; }; };
static struct packet ping(uint32_t id) { return (struct packet){PING, .ping = {id, 64}}; } static struct packet data(const char *s) { struct packet p = {.type = DATA}; p.data.length = strlen(s); memcpy(p.data.bytes, s, p.data.length); return p; }
static unsigned check(const struct packet *p) { unsigned s = 0; for (size_t i = 0; i < sizeof p->raw; i++) s = (s << 1 | s >> 15) & 0xffff ^ p->raw[i]; return s; }
static int handle(struct packet p) { switch (p.type) { case PING: p.ping.ttl--; return p.ping.id + p.ping.ttl; case DATA: return p.data.bytes[p.data.length - 1]; case CLOSE: return p.close.reason; } return -1; }
int run(void) { struct packet all[] = {ping(0x01020304), data("payload"), {CLOSE, 1, .close = {-7}}, {9}}; int t = 0; for (int i = 0; i < 4; i++) { printf("%d %d %u\n", all[i].type, handle(all[i]), check(&all[i])); t += handle(all[i]); } printf("%d %d %zu\n", all[0].ping.ttl, all[0].raw[0], sizeof(struct packet)); return t; }
