typedef unsigned long size_t;
typedef long time_t;
typedef long clock_t;
typedef int clockid_t;
#define NULL ((void*)0)
#define CLOCKS_PER_SEC 1000000L
#define TIME_UTC 1
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
struct tm{int tm_sec,tm_min,tm_hour,tm_mday,tm_mon,tm_year,tm_wday,tm_yday,tm_isdst;};
struct timespec{time_t tv_sec;long tv_nsec;};
char*asctime(const struct tm*t);
clock_t clock(void);
int clock_gettime(clockid_t c,struct timespec*t);
char*ctime(const time_t*t);
double difftime(time_t a,time_t b){return a-b;}
struct tm*gmtime(const time_t*t);
struct tm*gmtime_r(const time_t*t,struct tm*r);
struct tm*localtime(const time_t*t);
struct tm*localtime_r(const time_t*t,struct tm*r);
time_t mktime(struct tm*t);
size_t strftime(char*d,size_t n,const char*f,const struct tm*t);
time_t time(time_t*t);
time_t timegm(struct tm*t);
int timespec_get(struct timespec*t,int b);
