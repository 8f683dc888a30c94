typedef unsigned long size_t;
typedef __builtin_va_list va_list;
#define NULL ((void*)0)
#define EOF (-1)
#define BUFSIZ 8192
#define stdout ((FILE*)1)
#define stderr ((FILE*)2)
struct __file;
typedef struct __file FILE;
int fflush(FILE*f);
int fprintf(FILE*f,const char*t,...);
int fputc(int c,FILE*f);
int fputs(const char*s,FILE*f);
size_t fwrite(const void*p,size_t s,size_t n,FILE*f);
void perror(const char*s);
int printf(const char*t,...);
int putc(int c,FILE*f);
int putchar(int c);
int puts(const char*s);
int snprintf(char*d,size_t n,const char*t,...);
int sprintf(char*d,const char*t,...);
int sscanf(const char*s,const char*t,...);
int vfprintf(FILE*f,const char*t,va_list a);
int vprintf(const char*t,va_list a);
int vsnprintf(char*d,size_t n,const char*t,va_list a);
int vsprintf(char*d,const char*t,va_list a);
int vsscanf(const char*s,const char*t,va_list a);
