using System.Runtime.InteropServices;
using SyncModule.Benchmarks;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Works;

// dotnet run -c Release --project tests/SyncModule.Benchmarks -- [names] [--rounds N] [--json FILE] [--quick] [--write-docs] [--scratch FOLDER] [--list]
if (args is [NodeChild.Argument]) return NodeChild.Run();

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

if (options.List)
{
    foreach (var work in AllWorks.List) Console.WriteLine($"{work.Name,-10} {work.About}");
    return 0;
}

if (!CompiledAhead.IsThis && CompiledAhead.Run(args) is { } code) return code;

using var interrupted = new CancellationTokenSource();
void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}

// Ended between two steps, so that children, rivals and the scratch folder go too.
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

var machine = MachineFacts.Read(options.Scratch);
var run = new BenchRun(machine);
using (var scratch = new Scratch(options.Scratch))
{
    var context = new BenchContext(options, scratch, run, interrupted.Token);
    context.Tell(machine.Describe());
    try
    {
        foreach (var work in AllWorks.Named(options.Names)) work.Run(context);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Ended early.");
        return 130;
    }
}

Console.WriteLine(TextReport.Render(run, judge: !options.Quick));
if (options.Json is { } file) SavedRun.Of(run).Write(file);
if (options.WriteDocs) DocsReport.Update(run);
return 0;
