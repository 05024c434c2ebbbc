import { createContext, useContext } from 'react';
import { create } from 'zustand';
import { persist, createJSONStorage } from 'zustand/middleware';

export type Theme = 'light' | 'dark' | 'system';

export interface Profile {
  id: string;
  displayName: string;
  email: string;
  avatarUrl?: string;
}

export interface Task {
  id: string;
  title: string;
  done: boolean;
  dueAt?: string;
  tags: string[];
}

export interface Filters {
  text: string;
  tags: string[];
  showDone: boolean;
}

interface TaskState {
  profile: Profile | null;
  tasks: Task[];
  filters: Filters;
  theme: Theme;
  add: (title: string, tags?: string[]) => void;
  toggle: (id: string) => void;
  remove: (id: string) => void;
  setFilters: (filters: Partial<Filters>) => void;
  setTheme: (theme: Theme) => void;
}

const emptyFilters: Filters = { text: '', tags: [], showDone: false };

let counter = 0;

function nextId(): string {
  counter += 1;
  return `task-${Date.now().toString(36)}-${counter}`;
}

export const firebase = {
  apiKey: import.meta.env.VITE_FIREBASE_API_KEY ?? '',
  projectId: 'tasks-demo',
  authDomain: 'tasks-demo.firebaseapp.com',
};

@@CONTEXT@@

export const useTasks = create<TaskState>()(
  persist(
    (set) => ({
      profile: null,
      tasks: [],
      filters: emptyFilters,
      theme: 'system',
      add: (title, tags = []) =>
        set((state) => ({
          tasks: [...state.tasks, { id: nextId(), title, done: false, tags }],
        })),
      toggle: (id) =>
        set((state) => ({
          tasks: state.tasks.map((task) => (task.id === id ? { ...task, done: !task.done } : task)),
        })),
      remove: (id) => set((state) => ({ tasks: state.tasks.filter((task) => task.id !== id) })),
      setFilters: (filters) => set((state) => ({ filters: { ...state.filters, ...filters } })),
      setTheme: (theme) => set({ theme }),
    }),
    {
      name: 'tasks',
      version: 3,
      storage: createJSONStorage(() => localStorage),
      partialize: (state) => ({ tasks: state.tasks, theme: state.theme }),
    },
  ),
);

export function visibleTasks(tasks: Task[], filters: Filters): Task[] {
  const needle = filters.text.trim().toLowerCase();
  return tasks.filter((task) => {
    if (!filters.showDone && task.done) return false;
    if (needle && !task.title.toLowerCase().includes(needle)) return false;
    return filters.tags.every((tag) => task.tags.includes(tag));
  });
}

export const ThemeContext = createContext<Theme>('system');

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
