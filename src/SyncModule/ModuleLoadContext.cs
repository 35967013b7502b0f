using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;

namespace SyncModule;

/// <summary>
/// Keeps the engine and everything it needs (SQLite, natives) apart from what other modules of the same PowerShell process load. This
/// assembly and SyncModule.Commands live in the default context, so that their types are the ones that scripts see; the engine is
/// found through <see cref="AssemblyLoadContext.Resolving"/>, which the default context asks only for names that it does not know.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private const string CommandsFile = "SyncModule.Commands.dll";
    private const string OwnFile = "SyncModule.dll";
    private const string SystemLibrary = "libc";

    private static readonly Lock Gate = new();
    private static ModuleLoadContext? _instance;

    private readonly string _folder;
    private readonly AssemblyDependencyResolver _resolver;
    private readonly ConcurrentDictionary<string, nint> _libraries = new(StringComparer.Ordinal);

    private ModuleLoadContext(string folder)
        : base("SyncModule")
    {
        _folder = folder;
        // The build writes the list of dependencies, natives included, beside the commands; the engine's own list is not copied.
        _resolver = new AssemblyDependencyResolver(Path.Combine(folder, CommandsFile));
    }

    /// <summary>
    /// Makes the private context, once for the process; a second import of the same module finds it there.
    /// </summary>
    /// <param name="folder">The folder that holds the module's assemblies.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ModuleVersionLoaded"/>: this process has another copy already, or the files were replaced since, and an assembly cannot be unloaded.</exception>
    public static void Bridge(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        lock (Gate)
        {
            if (_instance is { } loaded)
            {
                if (!string.Equals(loaded._folder, full, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                    throw SyncErrors.ModuleVersionLoaded.With($"This PowerShell has SyncModule from {loaded._folder} already");
            }
            else
            {
                _instance = new ModuleLoadContext(full);
                Default.Resolving += Resolve;
            }
        }

        // An update in place: the folder is the same and what is loaded is not what lies there.
        var own = typeof(ModuleLoadContext).Assembly.GetName().Version;
        var there = AssemblyName.GetAssemblyName(Path.Combine(full, OwnFile)).Version;
        if (there != own) throw SyncErrors.ModuleVersionLoaded.With($"This PowerShell has SyncModule {own?.ToString(3)} already, and {there?.ToString(3)} was asked for");
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // One copy of the public types for both contexts.
        if (assemblyName.Name is "SyncModule") return typeof(ModuleLoadContext).Assembly;
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    // Asked for each function that is imported, and each answer would be a search of the module's folders.
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        if (unmanagedDllName == SystemLibrary) return 0;
        if (_libraries.TryGetValue(unmanagedDllName, out nint known)) return known;
        if (_resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is not { } path) return 0;
        return _libraries[unmanagedDllName] = LoadUnmanagedDllFromPath(path);
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name is "SyncModule.Engine" or "SyncModule.Core" ? _instance?.LoadFromAssemblyName(name) : null;
}
