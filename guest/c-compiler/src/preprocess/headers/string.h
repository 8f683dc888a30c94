typedef unsigned long size_t;
#define NULL ((void*)0)
void*memcpy(void*d,const void*s,size_t n){__builtin_memory_copy(d,s,n);return d;}
void*memmove(void*d,const void*s,size_t n){__builtin_memory_copy(d,s,n);return d;}
void*mempcpy(void*d,const void*s,size_t n){__builtin_memory_copy(d,s,n);return(char*)d+n;}
void*memset(void*d,int c,size_t n){__builtin_memory_fill(d,c,n);return d;}
void*memchr(const void*s,int c,size_t n);
void*memrchr(const void*s,int c,size_t n);
int memcmp(const void*s,const void*t,size_t n);
void*memmem(const void*s,size_t n,const void*t,size_t m);
char*stpcpy(char*d,const char*s);
int strcasecmp(const char*s,const char*t);
char*strcat(char*d,const char*s);
char*strchr(const char*s,int c);
int strcmp(const char*s,const char*t);
int strcoll(const char*s,const char*t);
char*strcpy(char*d,const char*s);
size_t strcspn(const char*s,const char*t);
char*strdup(const char*s);
char*strerror(int e);
size_t strlen(const char*s);
int strncasecmp(const char*s,const char*t,size_t n);
char*strncat(char*d,const char*s,size_t n);
int strncmp(const char*s,const char*t,size_t n);
char*strncpy(char*d,const char*s,size_t n);
char*strndup(const char*s,size_t n);
size_t strnlen(const char*s,size_t n);
char*strpbrk(const char*s,const char*t);
char*strrchr(const char*s,int c);
size_t strspn(const char*s,const char*t);
char*strstr(const char*s,const char*t);
char*strtok(char*s,const char*t);
char*strtok_r(char*s,const char*t,char**p);
size_t strxfrm(char*d,const char*s,size_t n);
