using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Group commit: who writes for whom, and what each caller is told.</summary>
public sealed class CommitQueueTests : IDisposable
{
    private readonly ManualResetEventSlim _firstGoesOn = new();
    private readonly ManualResetEventSlim _firstIsIn = new();
    private readonly List<string[]> _groups = [];
    private readonly List<int> _threads = [];

    public void Dispose()
    {
        _firstGoesOn.Dispose();
        _firstIsIn.Dispose();
    }

    [Fact]
    public void A_lone_caller_writes_on_its_own_thread()
    {
        using var queue = new CommitQueue(Write);
        queue.Commit([Job("a"), Job("b")]);
        queue.Commit([Job("c")]);
        Assert.Equal([["a", "b"], ["c"]], _groups);
        Assert.All(_threads, t => Assert.Equal(Environment.CurrentManagedThreadId, t));
    }

    [Fact]
    public async Task A_caller_that_does_not_wait_is_written_for_by_another_thread()
    {
        using var queue = new CommitQueue(Write);
        var results = await queue.CommitAsync([Job("a"), Job("b")]);
        Assert.Equal(2, results.Count);
        Assert.NotEqual(Environment.CurrentManagedThreadId, Assert.Single(_threads));
    }

    [Fact]
    public void Callers_that_come_while_another_writes_are_one_group_in_their_order()
    {
        using var queue = new CommitQueue(WriteFirstSlowly);
        var callers = QueueBehindFirst(queue, 20);
        _firstGoesOn.Set();
        callers.ForEach(c => c.Join());
        Assert.Equal([["first"], [.. Enumerable.Range(0, 20).Select(i => $"{i}")]], _groups);
        Assert.All(callers, c => Assert.Null(c.Error));
        Assert.All(callers, c => Assert.Single(c.Results!));
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public void Each_caller_gets_the_results_of_its_own_jobs()
    {
        using var queue = new CommitQueue(WriteFirstSlowly);
        var first = Start(queue, Job("first"));
        _firstIsIn.Wait();
        var two = Start(queue, Job("x"), Job("y"));
        WaitUntil(() => queue.Waiting == 1);
        var one = Start(queue, Job("z"));
        WaitUntil(() => queue.Waiting == 2);
        _firstGoesOn.Set();
        new[] { first, two, one }.ToList().ForEach(c => c.Join());
        Assert.Equal(["x", "y"], two.Results!.Select(Name));
        Assert.Equal("z", Name(Assert.Single(one.Results!)));
    }

    [Fact]
    public void A_job_that_cannot_be_built_is_refused_alone()
    {
        using var queue = new CommitQueue(jobs =>
        {
            for (int i = 0; i < jobs.Count; i++)
            {
                if (NameOf(jobs[i]) is "3" or "7") throw new JobRefusedException(i, SyncErrors.TooManyVersions.With("not this one"));
            }

            return WriteFirstSlowly(jobs);
        });
        var callers = QueueBehindFirst(queue, 10);
        _firstGoesOn.Set();
        callers.ForEach(c => c.Join());
        for (int i = 0; i < 10; i++)
        {
            if (i is 3 or 7) Assert.Equal(SyncErrors.TooManyVersions, Assert.IsType<SyncException>(callers[i].Error).Kind);
            else Assert.Equal($"{i}", Name(Assert.Single(callers[i].Results!)));
        }

        Assert.Equal(["0", "1", "2", "4", "5", "6", "8", "9"], _groups[1]);
        // Alone, with nobody to be told from.
        Assert.Equal(SyncErrors.TooManyVersions, Assert.Throws<SyncException>(() => queue.Commit([Job("7")])).Kind);
    }

    [Fact]
    public void A_failing_disk_is_told_to_all_its_callers_and_tried_once()
    {
        int tries = 0;
        using var queue = new CommitQueue(jobs =>
        {
            if (NameOf(jobs[0]) == "first") return WriteFirstSlowly(jobs);
            tries++;
            throw SyncErrors.DiskFailed.With("it fails");
        });
        var callers = QueueBehindFirst(queue, 8);
        _firstGoesOn.Set();
        callers.ForEach(c => c.Join());
        Assert.All(callers, c => Assert.Equal(SyncErrors.DiskFailed, Assert.IsType<SyncException>(c.Error).Kind));
        Assert.Equal(1, tries);
    }

    [Fact]
    public void A_defect_reaches_the_caller_and_the_queue_goes_on()
    {
        using var queue = new CommitQueue(jobs => NameOf(jobs[0]) == "bad" ? throw new InvalidOperationException("a defect") : WriteFirstSlowly(jobs));
        var callers = QueueBehindFirst(queue, 1);
        var bad = Start(queue, Job("bad"));
        WaitUntil(() => queue.Waiting == 2);
        _firstGoesOn.Set();
        callers.ForEach(c => c.Join());
        bad.Join();
        // "0" and "bad" may be one group, whose first is "0", or not.
        Assert.True(bad.Error is InvalidOperationException || bad.Results is not null);
        Assert.Throws<InvalidOperationException>(() => queue.Commit([Job("bad")]));
        Assert.Single(queue.Commit([Job("good")]));
    }

    [Fact]
    public void Closing_writes_what_waits_and_takes_no_more()
    {
        var queue = new CommitQueue(WriteFirstSlowly);
        var callers = QueueBehindFirst(queue, 5);
        var closing = new Thread(queue.Dispose);
        closing.Start();
        WaitUntil(() => Refuses(queue));
        Assert.True(closing.IsAlive);
        _firstGoesOn.Set();
        closing.Join();
        callers.ForEach(c => c.Join());
        Assert.All(callers, c => Assert.Single(c.Results!));
        Assert.Throws<ObjectDisposedException>(() => queue.Commit([Job("late")]));
        Assert.Equal(2, _groups.Count);
    }

    [Fact]
    public void A_group_has_a_bound()
    {
        using var queue = new CommitQueue(WriteFirstSlowly);
        var first = Start(queue, Job("first"));
        _firstIsIn.Wait();
        var many = Enumerable.Range(0, 3).Select(i =>
        {
            var caller = Start(queue, Job($"{i}", intents: 3000));
            WaitUntil(() => queue.Waiting == i + 1);
            return caller;
        }).ToList();
        _firstGoesOn.Set();
        first.Join();
        many.ForEach(c => c.Join());
        Assert.Equal([["first"], ["0"], ["1"], ["2"]], _groups);
    }

    [Fact]
    public void Threads_that_put_into_one_vault_keep_their_order_and_share_no_fate()
    {
        using var memory = new MemoryVault();
        var vault = memory.Open();
        const int Threads = 12, Each = 30;
        var errors = new Exception?[Threads];
        var running = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                try
                {
                    if (t == 5 && i == 17) vault.Commit([new([new("items", "bad", _ => throw new InvalidOperationException("a caller's own mistake"))], [])]);
                    vault.Put($"{t}", $"{i}");
                    vault.Put($"{t}/{i}", "once");
                }
                catch (InvalidOperationException e) when (t == 5)
                {
                    errors[t] = e;
                }
            }
        })).ToList();
        running.ForEach(t => t.Start());
        running.ForEach(t => t.Join());
        Assert.Equal("a caller's own mistake", errors[5]!.Message);
        for (int t = 0; t < Threads; t++) Assert.Equal($"{Each - 1}", vault.GetText($"{t}"));
        Assert.Equal(Threads + (Threads * Each) - 1, vault.Status().Items); // what stood behind the mistake was not written
        Assert.Empty(vault.MergeRecords());
        var digest = vault.Digest();
        memory.Stores.DeleteIndex();
        Assert.Equal(digest, memory.Open().Digest());
    }

    [Fact]
    public void After_a_sync_that_failed_only_what_was_acknowledged_is_there()
    {
        using var memory = new MemoryVault();
        var vault = memory.Open();
        vault.Put("before", "kept");
        int syncs = 0;
        memory.Disk.FaultHook = call => call is { Operation: "sync" } && call.Path.StartsWith("log/", StringComparison.Ordinal) && Interlocked.Increment(ref syncs) == 20 ? DiskFault.Failed : null;
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<string>();
        var refused = new System.Collections.Concurrent.ConcurrentBag<string>();
        var running = Enumerable.Range(0, 8).Select(t => new Thread(() =>
        {
            for (int i = 0; i < 40; i++)
            {
                try
                {
                    vault.Put($"{t}/{i}", "x");
                    acknowledged.Add($"{t}/{i}");
                }
                catch (SyncException e) when (e.Kind == SyncErrors.DiskFailed)
                {
                    refused.Add($"{t}/{i}");
                }
            }
        })).ToList();
        running.ForEach(t => t.Start());
        running.ForEach(t => t.Join());
        Assert.NotEmpty(acknowledged);
        Assert.NotEmpty(refused);
        Assert.Equal("kept", vault.GetText("before"));
        memory.Disk.FaultHook = null;
        memory.Disk.PowerCut(_ => 0);
        var next = memory.Open();
        Assert.All(acknowledged, key => Assert.Equal("x", next.GetText(key)));
        Assert.All(refused, key => Assert.Null(next.Find("items", key)));
    }

    private static PreparedJob Job(string name, int intents = 1) => new(new CommitJob([.. Enumerable.Repeat(new ItemIntent("items", name, _ => null), intents)], []), new Id16[intents]);

    private static string NameOf(PreparedJob job) => job.Job.Intents[0].Key;

    // The fake writer gives each job a result that tells whose it is.
    private static string Name(CommitResult result) => System.Text.Encoding.UTF8.GetString(result.Commits[0].ToArray()).TrimEnd('\0');

    private static CommitResult ResultOf(PreparedJob job)
    {
        var id = new byte[Id32.Size];
        System.Text.Encoding.UTF8.GetBytes(NameOf(job), id);
        return new([new(id)], []);
    }

    private static void WaitUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromMinutes(1)));

    private static bool Refuses(CommitQueue queue)
    {
        try
        {
            _ = queue.CommitAsync([Job("probe")]);
            Thread.Sleep(1);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private IReadOnlyList<CommitResult> Write(IReadOnlyList<PreparedJob> jobs)
    {
        _groups.Add([.. jobs.Select(NameOf).Where(n => n != "probe")]);
        _threads.Add(Environment.CurrentManagedThreadId);
        return [.. jobs.Select(ResultOf)];
    }

    private IReadOnlyList<CommitResult> WriteFirstSlowly(IReadOnlyList<PreparedJob> jobs)
    {
        if (NameOf(jobs[0]) == "first")
        {
            _firstIsIn.Set();
            _firstGoesOn.Wait();
        }

        return Write(jobs);
    }

    private List<Caller> QueueBehindFirst(CommitQueue queue, int count)
    {
        var callers = new List<Caller> { Start(queue, Job("first")) };
        _firstIsIn.Wait();
        for (int i = 0; i < count; i++)
        {
            callers.Add(Start(queue, Job($"{i}")));
            WaitUntil(() => queue.Waiting == i + 1);
        }

        callers.RemoveAt(0);
        return callers;
    }

    private static Caller Start(CommitQueue queue, params PreparedJob[] jobs)
    {
        var caller = new Caller(queue, jobs);
        caller.Start();
        return caller;
    }

    private sealed class Caller(CommitQueue queue, PreparedJob[] jobs)
    {
        private Thread? _thread;

        public IReadOnlyList<CommitResult>? Results { get; private set; }

        public Exception? Error { get; private set; }

        public void Start()
        {
            _thread = new Thread(() =>
            {
                try
                {
                    Results = queue.Commit(jobs);
                }
                catch (Exception e)
                {
                    Error = e;
                }
            });
            _thread.Start();
        }

        public void Join() => _thread!.Join();
    }
}
