/* Memory in steps: how many primes there are below n. */
#define MOST 4000000
static unsigned char composite[MOST];

double run(int n) {
    int count = 0;
    for (int i = 2; i < n; i++) {
        if (composite[i])
            continue;
        count++;
        for (long long j = (long long)i * i; j < n; j += i)
            composite[j] = 1;
    }
    return count;
}
